import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { DatabaseConnection } from 'nestjs-turso';
import { ActivitiesRepository, TasksRepository, type Activity, type Task } from './repositories.js';

@Injectable()
export class TasksService {
  constructor(
    private readonly db: DatabaseConnection,
    private readonly tasks: TasksRepository,
    private readonly activities: ActivitiesRepository,
  ) {}

  /** The task and its first activity are kept together or not at all: both repositories join the transaction. */
  create(title: string): Promise<Task> {
    return this.db.withTransaction(async () => {
      const task = await this.tasks.create(title);
      await this.activities.add(task.id, 'created');
      return task;
    });
  }

  complete(id: number): Promise<Task> {
    return this.db.withTransaction(async () => {
      const task = await this.tasks.complete(id);
      if (!task) {
        await this.find(id);
        throw new ConflictException(`Task ${id} is completed already`);
      }
      await this.activities.add(id, 'completed');
      return task;
    });
  }

  list(): Promise<Task[]> {
    return this.tasks.list();
  }

  async find(id: number): Promise<Task> {
    const task = await this.tasks.find(id);
    if (!task) throw new NotFoundException(`There is no task ${id}`);
    return task;
  }

  async listActivities(id: number): Promise<Activity[]> {
    await this.find(id);
    return this.activities.list(id);
  }

  async delete(id: number): Promise<void> {
    if (!(await this.tasks.delete(id))) throw new NotFoundException(`There is no task ${id}`);
  }
}
