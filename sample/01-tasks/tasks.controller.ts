import {
  BadRequestException,
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  ParseIntPipe,
  Post,
} from '@nestjs/common';
import type { Activity, Task } from './repositories.js';
import { TasksService } from './tasks.service.js';

@Controller('tasks')
export class TasksController {
  constructor(private readonly tasks: TasksService) {}

  @Post()
  create(@Body() body: unknown): Promise<Task> {
    return this.tasks.create(parseTitle(body));
  }

  @Get()
  list(): Promise<Task[]> {
    return this.tasks.list();
  }

  @Get(':id')
  find(@Param('id', ParseIntPipe) id: number): Promise<Task> {
    return this.tasks.find(id);
  }

  @Get(':id/activities')
  listActivities(@Param('id', ParseIntPipe) id: number): Promise<Activity[]> {
    return this.tasks.listActivities(id);
  }

  @Post(':id/complete')
  @HttpCode(200)
  complete(@Param('id', ParseIntPipe) id: number): Promise<Task> {
    return this.tasks.complete(id);
  }

  @Delete(':id')
  @HttpCode(204)
  delete(@Param('id', ParseIntPipe) id: number): Promise<void> {
    return this.tasks.delete(id);
  }
}

function parseTitle(body: unknown): string {
  const { title } = (body ?? {}) as { title?: unknown };
  if (typeof title !== 'string' || title.trim() === '' || title.length > 200) {
    throw new BadRequestException('"title" must be a text of 1 to 200 characters');
  }
  return title.trim();
}
