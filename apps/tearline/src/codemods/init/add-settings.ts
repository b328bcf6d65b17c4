/** Returns `.env.example` with the settings of the seam, once. */
export function addSettings(text: string, modules: readonly string[]): string {
  if (/^#?\s*SEAM_SECRET=/m.test(text)) return text;
  const names = modules.length > 0 ? modules : ['users'];
  const example = names[0]!;
  const separator = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n';
  return `${text}${separator}# The seam between modules. Without these settings, all modules run in one process.
# Modules of this process, separated by commas: ${names.join(', ')}
#MODULES=${example}
# Port on which this process answers the calls of the others, and the address that it listens on.
#SEAM_PORT=7001
#SEAM_HOST=127.0.0.1
# Where the modules of other processes answer: <MODULE>_ADDRESSES, as host:port, separated by commas.
#${addressesOf(example)}=127.0.0.1:7001
# Proves to one another that processes belong together; the same in all of them, at least 16 characters.
SEAM_SECRET=
# on: local calls behave like remote ones, and report what would differ. For tests and development.
#SEAM_CHECKED=on
`;
}

const addressesOf = (module: string): string => `${module.toUpperCase().replaceAll('-', '_')}_ADDRESSES`;
