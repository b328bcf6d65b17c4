// Compiled with the options of many applications, none of which says skipLibCheck, and without zod.
import { Injectable, Module } from '@nestjs/common';
import {
  type ClientOf,
  command,
  contract,
  Implements,
  query,
  Seam,
  SeamError,
  SeamModule,
  type SeamObserver,
  seamServer,
} from '@tearline/seam';

export const ShopContract = contract('shop', { open: command({}), isOpen: query({}) });
export type Shop = ClientOf<typeof ShopContract>;

@Implements(ShopContract)
@Injectable()
export class ShopService implements Shop {
  constructor(@Seam(ShopContract) readonly shop: Shop) {}

  async open(): Promise<void> {
    throw new SeamError('unavailable');
  }

  async isOpen(): Promise<void> {
    return this.shop.isOpen();
  }
}

@Module({ imports: [SeamModule.forRoot({ local: [ShopContract] })], providers: [ShopService] })
export class AppModule {}

export const serve: typeof seamServer = seamServer;
export type Observer = SeamObserver;
