import { BadRequestException, Body, Controller, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { OrdersService } from './orders.service.js';
import { OrdersRepository, StockRepository, type Line, type Order, type Product } from './repositories.js';

@Controller()
export class ShopController {
  constructor(
    private readonly service: OrdersService,
    private readonly orders: OrdersRepository,
    private readonly stock: StockRepository,
  ) {}

  @Post('orders')
  place(@Body() body: unknown): Promise<Order> {
    const { customer, lines } = parseOrder(body);
    return this.service.place(customer, lines);
  }

  @Get('orders')
  list(): Promise<Order[]> {
    return this.orders.list();
  }

  @Get('orders/:id')
  find(@Param('id', ParseIntPipe) id: number): Promise<Order & { lines: Line[] }> {
    return this.service.find(id);
  }

  @Get('products')
  listProducts(): Promise<Product[]> {
    return this.stock.list();
  }
}

function parseOrder(body: unknown): { customer: string; lines: Line[] } {
  const { customer, lines } = (body ?? {}) as { customer?: unknown; lines?: unknown };
  if (typeof customer !== 'string' || customer === '' || !Array.isArray(lines) || !lines.every(isLine)) {
    throw new BadRequestException('"customer" must be a text, "lines" a list of productId and quantity');
  }
  return { customer, lines };
}

function isLine(value: unknown): value is Line {
  const { productId, quantity } = (value ?? {}) as { productId?: unknown; quantity?: unknown };
  return Number.isSafeInteger(productId) && Number.isSafeInteger(quantity) && (quantity as number) > 0;
}
