import { Controller, Get, Param } from '@nestjs/common';
import { StockService } from './stock.service.js';

@Controller('stock')
export class StockController {
  constructor(private readonly stock: StockService) {}

  @Get(':sku')
  item(@Param('sku') sku: string) {
    return this.stock.item(sku);
  }
}
