import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts, isReady, prometheusCommand } from '@tearline/process';
import { stringify } from 'yaml';

const START_TIMEOUT_MS = 60_000;

/** A sample of the answer to a query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A private Prometheus on a free port, without data at start. */
export class PrometheusServer {
  #process: ChildProcess | undefined;
  #folder = '';
  #url = '';

  /**
   * @param configuration of Prometheus, given the path of its rules
   * @param rules the content of the rules file
   */
  async start(configuration: (rules: string) => object, rules: object): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'tearline-prometheus-'));
    const [port] = await freePorts(1);
    this.#url = `http://127.0.0.1:${port}`;
    const file = (name: string) => join(this.#folder, name);
    await writeFile(file('rules.yaml'), stringify(rules));
    await writeFile(file('prometheus.yaml'), stringify(configuration(file('rules.yaml'))));
    const [program, ...args] = prometheusCommand('prometheus', {
      configuration: file('prometheus.yaml'),
      data: file('data'),
      listen: `127.0.0.1:${port}`,
    });
    this.#process = spawn(program, args, { stdio: 'ignore' });
    const failed = once(this.#process, 'error').then(([error]) => Promise.reject(error as Error));
    await Promise.race([this.#untilReady(), failed]);
  }

  /** Returns the samples that a query has now. @throws Error for a query that Prometheus refuses */
  async query(query: string): Promise<Sample[]> {
    const { result } = await this.#ask<{
      result: { metric: Record<string, string>; value: [number, string] }[];
    }>(`query?${new URLSearchParams({ query }).toString()}`);
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  /** Returns the rules that could not be evaluated, each with its error. */
  async failedRules(): Promise<string[]> {
    const { groups } = await this.#ask<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>('rules');
    return groups
      .flatMap(({ rules }) => rules)
      .filter(({ health }) => health !== 'ok')
      .map(({ name, health, lastError }) => `${name}: ${lastError ?? health}`);
  }

  /** Ends it and deletes its data. */
  async stop(): Promise<void> {
    const running = this.#process;
    if (running && running.exitCode === null && running.signalCode === null) {
      const exited = once(running, 'exit');
      running.kill('SIGKILL');
      await exited;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #untilReady(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      if (await isReady(this.#url, '/-/ready')) return;
      if (performance.now() > deadline) throw new Error('prometheus does not become ready');
      await pause(50);
    }
  }

  async #ask<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const { status, data, error } = (await response.json()) as { status: string; data: T; error?: string };
    if (status !== 'success') throw new Error(`${decodeURIComponent(path)}: ${error}`);
    return data;
  }
}
