import { DiscoveryService } from '@nestjs/core';

/**
 * Marks a provider whose `@OnEvent`, `@OnJob` and `@Every` methods belong to a module.
 * @example
 * @Subscriber('notifications')
 * @Injectable()
 * export class Activity { … }
 */
export const Subscriber = DiscoveryService.createDecorator<string>();
