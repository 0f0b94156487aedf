export {
  DatabaseTransactionalAdapter,
  type DatabaseTransactionalAdapterConfig,
  type TransactionalDatabase,
} from './database-transactional-adapter.js';
