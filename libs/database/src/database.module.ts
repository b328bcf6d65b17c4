import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { DATABASE_OPTIONS, Databases, type DatabaseModuleOptions } from './databases.js';
import { openDataSource, type PostgresOptions } from './open-data-source.js';
import { Reader, readerToken } from './reader.js';
import { transactionsToken } from './transactions.js';

/** One TypeORM DataSource for each module, each with its own schema, role and share of the connections. */
@Module({})
export class DatabaseModule {
  /** Imported once by an application. */
  static forRoot(options: DatabaseModuleOptions): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [{ provide: DATABASE_OPTIONS, useValue: options }, Databases],
      exports: [Databases],
    };
  }

  /**
   * Imported by a module: opens its DataSource, named after the module, and provides the entities' repositories
   * (`@InjectRepository(Article, 'articles')`), the DataSource (`@InjectDataSource('articles')`), the reader
   * (`@InjectReader('articles')`) and the idempotent transactions (`@InjectTransactions('articles')`).
   * @param module the module's name, which is also its schema's
   * @param entities all entities of the module
   */
  static forModule(module: string, entities: readonly Type[]): DynamicModule {
    return {
      module: class extends DatabaseModule {},
      imports: [
        TypeOrmModule.forRootAsync({
          name: module,
          inject: [Databases],
          useFactory: (databases: Databases) => databases.dataSourceOptionsFor(module, entities),
          dataSourceFactory: (options) => openDataSource(module, options as PostgresOptions),
        }),
        TypeOrmModule.forFeature([...entities], module),
      ],
      providers: [
        {
          provide: readerToken(module),
          inject: [getDataSourceToken(module), Databases],
          useFactory: (dataSource: DataSource, databases: Databases) => {
            const { source, queries } = databases.register(module, dataSource);
            return new Reader(module, source, queries.increment);
          },
        },
        {
          provide: transactionsToken(module),
          inject: [getDataSourceToken(module), Databases],
          useFactory: (dataSource: DataSource, databases: Databases) =>
            databases.transactionsOf(module, dataSource),
        },
      ],
      exports: [TypeOrmModule, readerToken(module), transactionsToken(module)],
    };
  }
}
