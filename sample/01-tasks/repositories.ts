import { Injectable } from '@nestjs/common';
import { DatabaseConnection } from 'nestjs-turso';

export interface Task {
  id: number;
  title: string;
  completedAt: string | null;
}

export interface Activity {
  action: string;
  happenedAt: string;
}

const taskColumns = 'id, title, completed_at AS completedAt';

@Injectable()
export class TasksRepository {
  constructor(private readonly db: DatabaseConnection) {}

  async create(title: string): Promise<Task> {
    const { rows } = await this.db.execute<Task>(
      `INSERT INTO tasks (title) VALUES (?) RETURNING ${taskColumns}`,
      [title],
    );
    return rows[0]!;
  }

  async list(): Promise<Task[]> {
    return (await this.db.execute<Task>(`SELECT ${taskColumns} FROM tasks ORDER BY id`)).rows;
  }

  async find(id: number): Promise<Task | undefined> {
    return (await this.db.execute<Task>(`SELECT ${taskColumns} FROM tasks WHERE id = ?`, [id])).rows[0];
  }

  /** Answers nothing when there is no open task of this id. */
  async complete(id: number): Promise<Task | undefined> {
    const { rows } = await this.db.execute<Task>(
      `UPDATE tasks SET completed_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
       WHERE id = ? AND completed_at IS NULL RETURNING ${taskColumns}`,
      [id],
    );
    return rows[0];
  }

  async delete(id: number): Promise<boolean> {
    return (await this.db.execute('DELETE FROM tasks WHERE id = ?', [id])).rowsAffected > 0;
  }
}

@Injectable()
export class ActivitiesRepository {
  constructor(private readonly db: DatabaseConnection) {}

  async add(taskId: number, action: string): Promise<void> {
    await this.db.execute('INSERT INTO activities (task_id, action) VALUES (?, ?)', [taskId, action]);
  }

  async list(taskId: number): Promise<Activity[]> {
    const { rows } = await this.db.execute<Activity>(
      'SELECT action, happened_at AS happenedAt FROM activities WHERE task_id = ? ORDER BY id',
      [taskId],
    );
    return rows;
  }
}
