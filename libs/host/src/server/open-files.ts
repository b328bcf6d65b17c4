/** Where there is no limit: as many as Linux allows by default. */
const UNLIMITED = 1_048_576;

/** Returns how many files and connections a process may open, as `ulimit -Hn`. Node.js raises its own limit to that at start. */
export function openFileLimit(): number {
  // Without it a report lists all network interfaces, and looks up their names.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean };
  report.excludeNetwork = true;
  const { userLimits } = report.getReport() as unknown as {
    readonly userLimits?: { readonly open_files?: { readonly hard: number | 'unlimited' } };
  };
  const hard = userLimits?.open_files?.hard;
  return typeof hard === 'number' ? hard : UNLIMITED;
}
