import { describe, expect, it } from 'vitest';
import { requestFrom } from './options.js';
import { UsageError } from './usage-error.js';

const modules = ['identity', 'articles', 'media'];
const run = (...args: string[]) => {
  const request = requestFrom(args, modules);
  if (request.kind !== 'run') throw new Error(`asked for ${request.kind}`);
  return request.options;
};

describe('the command line', () => {
  it('compares the monolith with two splits unless told otherwise', () => {
    expect(run().topologies).toEqual(['monolith', 'microservices', 'media']);
    expect(run('media', './mine.yaml', '--quick')).toMatchObject({
      topologies: ['media', './mine.yaml'],
      quick: true,
      edit: 'articles',
      out: 'measure/report',
    });
  });

  it('measures in containers what can be seen from outside', () => {
    expect(run('--compose', '--without', 'blast')).toMatchObject({
      compose: true,
      without: ['blast', 'scaling', 'sweep', 'deploy'],
    });
    expect(run().compose).toBe(false);
  });

  it('takes a mix of requests', () => {
    expect(run('--mix', 'article=50, list=30.5,login=0').mix).toEqual({ article: 50, list: 30.5 });
  });

  it('asks for help, and for a comparison of two runs', () => {
    expect(requestFrom(['--help'], modules)).toEqual({ kind: 'help' });
    expect(requestFrom(['--compare', 'a', 'b'], modules)).toEqual({ kind: 'compare', files: ['a', 'b'] });
  });

  it.each([
    [['--times', '0'], "--times '0': must be a number above 0"],
    [['media', 'media'], "topology 'media' is named twice; name each once"],
    [['--quik'], "Unknown option '--quik'; npm run lab -- --help lists the options"],
    [['--edit', 'article'], "--edit: no module 'article'; there are identity, articles, media"],
    [['--without', 'blas'], "--without: no stage 'blas'; there are blast, scaling, sweep, deploy"],
    [['--mix', 'artcle=1'], "--mix: no endpoint 'artcle'; did you mean 'article'?"],
    [
      ['--mix', 'article'],
      "--mix 'article': must be <endpoint>=<part of the requests>, e.g. article=50,list=30",
    ],
    [['--mix', 'list=0'], '--mix: some endpoint must have a part above 0'],
    [['--budget', 'soon'], "--budget 'soon': must be a number above 0"],
    [['--replicas', '0'], "--replicas '0': must be a number from 1 to 1000"],
    [
      ['--compare', 'a'],
      '--compare takes two files: npm run lab -- --compare one/report.json other/report.json',
    ],
  ])('refuses %j', (args, message) => {
    expect(() => requestFrom(args, modules)).toThrow(new UsageError(message));
  });
});
