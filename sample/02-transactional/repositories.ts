import { ConflictException, Injectable } from '@nestjs/common';
import { DatabaseConnection } from 'nestjs-turso';

export interface Product {
  id: number;
  name: string;
  stock: number;
}

export interface Line {
  productId: number;
  quantity: number;
}

export interface Order {
  id: number;
  customer: string;
}

@Injectable()
export class OrdersRepository {
  constructor(private readonly db: DatabaseConnection) {}

  async create(customer: string): Promise<Order> {
    const { rows } = await this.db.execute<Order>(
      'INSERT INTO orders (customer) VALUES (?) RETURNING id, customer',
      [customer],
    );
    return rows[0]!;
  }

  async addLine(orderId: number, { productId, quantity }: Line): Promise<void> {
    await this.db.execute(
      `INSERT INTO order_lines (order_id, product_id, quantity) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity`,
      [orderId, productId, quantity],
    );
  }

  async list(): Promise<Order[]> {
    return (await this.db.execute<Order>('SELECT id, customer FROM orders ORDER BY id')).rows;
  }

  async find(id: number): Promise<Order | undefined> {
    return (await this.db.execute<Order>('SELECT id, customer FROM orders WHERE id = ?', [id])).rows[0];
  }

  async listLines(orderId: number): Promise<Line[]> {
    const { rows } = await this.db.execute<Line>(
      'SELECT product_id AS productId, quantity FROM order_lines WHERE order_id = ? ORDER BY product_id',
      [orderId],
    );
    return rows;
  }
}

@Injectable()
export class StockRepository {
  constructor(private readonly db: DatabaseConnection) {}

  /** Refuses what is not there. */
  async take({ productId, quantity }: Line): Promise<void> {
    const { rowsAffected } = await this.db.execute(
      'UPDATE products SET stock = stock - :quantity WHERE id = :productId AND stock >= :quantity',
      { productId, quantity },
    );
    if (rowsAffected === 0) throw new ConflictException(`Product ${productId} is out of stock`);
  }

  async list(): Promise<Product[]> {
    return (await this.db.execute<Product>('SELECT id, name, stock FROM products ORDER BY id')).rows;
  }
}
