/** The environment variable that lists where a module answers other hosts, as `<host>:<port>,…`. */
export const seamVariable = (module: string) => `SEAM_${module.toUpperCase().replaceAll('-', '_')}`;
