import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Broker } from '../broker/broker.js';
import { EVENTS_OPTIONS, type EventsOptions } from '../events-options.js';
import { queuesOf } from '../queues-of.js';
import { serveBoard } from './serve-board.js';

/** Serves the board of all modules' queues, on a host with an operator password. */
@Injectable()
export class QueuesBoard implements OnModuleInit {
  constructor(
    @Inject(EVENTS_OPTIONS) private readonly options: EventsOptions,
    private readonly broker: Broker,
    private readonly host: HttpAdapterHost,
  ) {}

  async onModuleInit(): Promise<void> {
    const { operatorPassword, manifests } = this.options;
    if (!operatorPassword) return;
    const names = queuesOf(manifests);
    const server = this.host.httpAdapter.getInstance<FastifyInstance>();
    await serveBoard(
      server,
      names.map((name) => ({ name, queue: this.broker.queue(name) })),
      operatorPassword,
    );
  }
}
