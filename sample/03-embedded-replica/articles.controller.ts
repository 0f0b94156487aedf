import {
  BadRequestException,
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
} from '@nestjs/common';
import { DatabaseConnection } from 'nestjs-turso';

interface Article {
  id: number;
  title: string;
}

@Controller('articles')
export class ArticlesController {
  constructor(private readonly db: DatabaseConnection) {}

  /** Goes to the primary. */
  @Post()
  async create(@Body() body: unknown): Promise<Article> {
    const { title } = (body ?? {}) as { title?: unknown };
    if (typeof title !== 'string' || title === '') throw new BadRequestException('"title" must be a text');
    const { rows } = await this.db.execute<Article>(
      'INSERT INTO articles (title) VALUES (?) RETURNING id, title',
      [title],
    );
    return rows[0]!;
  }

  /** From the file, with everything that this instance has written. */
  @Get(':id')
  async find(@Param('id', ParseIntPipe) id: number): Promise<Article> {
    const { rows } = await this.db.execute<Article>('SELECT id, title FROM articles WHERE id = ?', [id]);
    if (!rows[0]) throw new NotFoundException(`There is no article ${id}`);
    return rows[0];
  }

  /** From the file as it is: a front page may be a second old. */
  @Get()
  async list(): Promise<Article[]> {
    const sql = 'SELECT id, title FROM articles ORDER BY id DESC LIMIT 20';
    return (await this.db.execute<Article>({ sql, consistency: 'replica' })).rows;
  }
}
