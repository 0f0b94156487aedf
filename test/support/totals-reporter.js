/**
 * Closes a test run with one line, `N passed, N failed, N skipped`, and fails it when no test ran
 * or when a test is skipped without saying why.
 */
export default class TotalsReporter {
  #allowNoTests;
  #isFiltered;
  #errors = [];

  constructor(globalConfig) {
    this.#allowNoTests = globalConfig.passWithNoTests;
    this.#isFiltered = Boolean(globalConfig.testNamePattern);
  }

  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;

    if (passed + failed === 0 && !this.#allowNoTests) this.#fail('No test ran.');
    if (!this.#isFiltered) this.#refuseSilentSkips(results);

    // The coverage and the summary are printed after this; the totals come last.
    process.once('exit', () => console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`));
  }

  getLastError() {
    return this.#errors[0];
  }

  #refuseSilentSkips(results) {
    for (const { fullName, status } of results.testResults.flatMap((file) => file.testResults)) {
      if (!['pending', 'todo', 'disabled'].includes(status)) continue;
      if (!/\(skipped: .+\)/.test(fullName)) this.#fail(`"${fullName}" is skipped without a reason.`);
    }
  }

  #fail(message) {
    console.error(message);
    this.#errors.push(new Error(message));
  }
}
