import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { DatabaseConnection, DatabaseHealthIndicator } from 'nestjs-turso';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealthIndicator,
    private readonly db: DatabaseConnection,
  ) {}

  /** Up while the file or the primary can serve. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.database.pingCheck('database')]);
  }

  /** How far behind the file is. */
  @Get('lag')
  lag() {
    const { state, framesBehind, ageMs, localReads, remoteReads } = this.db.status().replica!;
    return { state, framesBehind: Number(framesBehind), ageMs, localReads, remoteReads };
  }
}
