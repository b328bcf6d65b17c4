import { Body, Controller, Get, Post } from '@nestjs/common';
import { OrdersService } from './orders.service.js';

interface NewOrder {
  readonly sku: string;
  readonly quantity: number;
}

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  place(@Body() { sku, quantity }: NewOrder) {
    return this.orders.place(sku, quantity);
  }

  @Get()
  all() {
    return this.orders.all();
  }
}
