import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { OptionallyAuthenticated } from '@tearline/auth';
import { DatabaseModule } from '@tearline/database';
import { EventsModule, InjectOutbox, type Outbox, Subscriber } from '@tearline/events';
import { contract, event, Implements, type ModuleManifest, Seam } from '@tearline/seam';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { manifestProblems } from './manifest-problems.js';

const Polls = contract('polls', {});
const Users = contract('users', {});
const Closed = event('polls/closed', { payload: z.object({}) });

@Implements(Polls)
@Injectable()
class PollsHandler {}

@Injectable()
class PollsService {
  constructor(
    @Seam(Users) readonly users: object,
    @InjectOutbox('polls') readonly outbox: Outbox,
  ) {}
}

@Subscriber('polls')
@Injectable()
class Reminders {}

@Module({
  imports: [DatabaseModule.forModule('polls', []), EventsModule.forModule('polls')],
  providers: [PollsHandler, PollsService],
})
class PollsModule {}

@Module({ providers: [PollsHandler, PollsService] })
class ModuleWithoutEvents {}

@Module({ providers: [Reminders] })
class ModuleWithSubscriber {}

const complete: ModuleManifest = {
  name: 'polls',
  contract: Polls,
  uses: [Users],
  publishes: [Closed],
  routes: [],
  load: async () => PollsModule,
};

describe('a manifest', () => {
  it('with all that the code does has no problems', () => {
    expect(manifestProblems(complete, PollsModule, [Closed])).toEqual([]);
  });

  it('without a contract in `uses` is named, with the contract and the class', () => {
    expect(manifestProblems({ ...complete, uses: [] }, PollsModule, [Closed])).toEqual([
      "PollsService injects the contract of 'users': add that contract to `uses` in the manifest of 'polls'",
    ]);
  });

  it('without an event in `publishes` is named, with the event', () => {
    expect(manifestProblems({ ...complete, publishes: [] }, PollsModule, [Closed])).toEqual([
      "the contract.ts of 'polls' declares the event 'polls/closed': add it to `publishes` in the manifest of 'polls'",
    ]);
  });

  it('without its contract is named', () => {
    const { contract: _, ...others } = complete;
    expect(manifestProblems(others, PollsModule, [Closed])).toEqual([
      "'polls' implements the contract of 'polls': set `contract` to it in the manifest of 'polls'",
    ]);
  });

  it('of a module without EventsModule is named, with the line to add', () => {
    expect(manifestProblems(complete, ModuleWithoutEvents, [Closed])).toEqual([
      "'polls' publishes events, injects its outbox: add EventsModule.forModule('polls') to the imports of ModuleWithoutEvents",
    ]);
    expect(manifestProblems({ ...complete, publishes: [] }, ModuleWithSubscriber, [])).toEqual([
      "'polls' has a @Subscriber: add EventsModule.forModule('polls') to the imports of ModuleWithSubscriber",
    ]);
  });
});

it('names the contract by which a module with authenticated routes verifies sessions', () => {
  @Controller('polls')
  class PollsController {
    @Get()
    @OptionallyAuthenticated()
    read() {}
  }
  @Module({ controllers: [PollsController] })
  class ModuleWithRoutes {}
  const manifest = { name: 'polls', uses: [], routes: [], load: async () => ModuleWithRoutes };
  expect(manifestProblems(manifest, ModuleWithRoutes, [], Users)).toEqual([
    "'polls' has authenticated routes: add the contract of 'users' to `uses` in the manifest of 'polls'",
  ]);
  expect(manifestProblems({ ...manifest, uses: [Users] }, ModuleWithRoutes, [], Users)).toEqual([]);
  expect(manifestProblems(manifest, PollsModule, [], Polls)).not.toContain('authenticated');
});
