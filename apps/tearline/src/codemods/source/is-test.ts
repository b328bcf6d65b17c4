/** Whether a file is a test, or serves tests. */
export const isTest = (file: string): boolean =>
  /[.-](spec|test|e2e|e2e-spec|mock|stub|fixture)[.][cm]?ts$|[/](tests?|e2e|__tests__|__mocks__)[/]/.test(
    file,
  );
