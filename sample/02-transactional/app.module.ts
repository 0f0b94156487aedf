import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { ClsPluginTransactional } from '@nestjs-cls/transactional';
import { ClsModule } from 'nestjs-cls';
import { DatabaseModule } from 'nestjs-turso';
import { DatabaseTransactionalAdapter } from 'nestjs-turso/cls';
import { OrdersService } from './orders.service.js';
import { OrdersRepository, StockRepository } from './repositories.js';
import { ShopController } from './shop.controller.js';

@Module({
  imports: [
    DatabaseModule.forRoot({
      migrations: { directory: fileURLToPath(new URL('./migrations', import.meta.url)) },
    }),
    ClsModule.forRoot({
      plugins: [new ClsPluginTransactional({ adapter: new DatabaseTransactionalAdapter() })],
    }),
  ],
  controllers: [ShopController],
  providers: [OrdersService, OrdersRepository, StockRepository],
})
export class AppModule {}
