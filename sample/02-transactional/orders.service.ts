import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { Propagation, Transactional } from '@nestjs-cls/transactional';
import type { DatabaseTransactionalAdapter } from 'nestjs-turso/cls';
import { OrdersRepository, StockRepository, type Line, type Order } from './repositories.js';

const gift: Line = { productId: 3, quantity: 1 };

@Injectable()
export class OrdersService {
  constructor(
    private readonly orders: OrdersRepository,
    private readonly stock: StockRepository,
  ) {}

  /** One transaction over both repositories: when a product is out of stock, nothing of the order is kept. */
  @Transactional()
  async place(customer: string, lines: Line[]): Promise<Order> {
    const order = await this.orders.create(customer);
    for (const line of lines) {
      await this.orders.addLine(order.id, line);
      await this.stock.take(line);
    }
    await this.addGift(order.id).catch((error: unknown) => {
      if (!(error instanceof ConflictException)) throw error;
    });
    return order;
  }

  /** A savepoint: while there are gifts, every order gets one. Afterwards the line is undone alone, and the order stands. */
  @Transactional(Propagation.Nested)
  async addGift(orderId: number): Promise<void> {
    await this.orders.addLine(orderId, gift);
    await this.stock.take(gift);
  }

  /** Two queries that see one state of the database. */
  @Transactional<DatabaseTransactionalAdapter>({ mode: 'read' })
  async find(id: number): Promise<Order & { lines: Line[] }> {
    const order = await this.orders.find(id);
    if (!order) throw new NotFoundException(`There is no order ${id}`);
    return { ...order, lines: await this.orders.listLines(id) };
  }
}
