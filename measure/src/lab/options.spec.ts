import { describe, expect, it } from 'vitest';
import { completeOptions, labCommand, type Options } from './options.js';

const parse = (...args: string[]) => {
  const command = labCommand().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  command.action(() => undefined).parse(args, { from: 'user' });
  return { topologies: command.args, ...completeOptions(command.opts<Options>()) };
};

describe('the command line', () => {
  it('has defaults', () => {
    expect(parse()).toMatchObject({
      topologies: [],
      times: 1,
      edit: 'articles',
      compose: false,
      without: [],
    });
    expect(parse('media', './mine.yaml', '--quick')).toMatchObject({
      topologies: ['media', './mine.yaml'],
      quick: true,
      out: 'measure/report',
    });
  });

  it('leaves out the stages that containers do not allow', () => {
    expect(parse('--compose', '--without', 'faults').without).toEqual([
      'faults',
      'starts',
      'scaling',
      'network',
      'deploy',
    ]);
  });

  it('parses a mix of requests', () => {
    expect(parse('--mix', 'article=50, list=30.5,login=0').mix).toEqual({ article: 50, list: 30.5 });
  });

  it.each([
    [['--times', '0'], 'Expected a number above 0.'],
    [['--quik'], "unknown option '--quik'\n(Did you mean --quick?)"],
    [['--edit', 'article'], "No module 'article'; expected any of identity, social, articles"],
    [['--without', 'fault'], 'No fault; expected faults, starts, scaling, network, deploy.'],
    [['--mix', 'artcle=1'], "No endpoint 'artcle'; expected any of list, tag, author, article"],
    [['--mix', 'article'], "Expected <endpoint>=<weight>, e.g. article=50,list=30; got 'article'."],
    [['--mix', 'list=0'], 'Expected a weight above 0.'],
    [['--budget', 'soon'], 'Expected a number above 0.'],
    [['--replicas', '0'], 'Expected a whole number from 1 to 1000.'],
  ])('refuses %j', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });
});
