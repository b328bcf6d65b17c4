import { Body, Controller, Get, HttpException, Param, Post } from '@nestjs/common';
import { isSeamError, Seam } from '@tearline/seam';
import { type Item, type Stock, StockContract } from '../stock/contract.js';

@Controller('orders')
export class OrdersController {
  constructor(@Seam(StockContract) private readonly stock: Stock) {}

  @Get('offer/:sku')
  async offer(@Param('sku') sku: string): Promise<{ item: Item; restockedIn: number }> {
    const item = await this.stock.item({ sku }).catch(toHttpException);
    return { item, restockedIn: item.restockedOn.getUTCFullYear() };
  }

  @Post()
  async place(@Body() { sku, quantity }: { sku: string; quantity: number }): Promise<{ left: number }> {
    const { left } = await this.stock.take({ sku, quantity }).catch(toHttpException);
    return { left };
  }

  @Post('refill')
  async refill(): Promise<void> {
    await this.stock.refill();
  }
}

function toHttpException(error: unknown): never {
  if (isSeamError(error, 'stock/unknown')) throw new HttpException(error.message, 404);
  if (isSeamError(error, 'stock/not-enough')) throw new HttpException(error.data as object, 409);
  throw error;
}
