const WRITES =
  /^(save|insert|update|upsert|delete|remove|create|destroy|persist|increment|decrement|restore|replace|merge|truncate|clear|softDelete|softRemove|native(Insert|Update|Delete)|bulk(Create|Write|Update)|insert(One|Many)|update(One|Many)|delete(One|Many)|findOneAnd\w+|find(ById|One)And\w+|findOrCreate|assign|recover)(Many|All|One|ManyAndReturn|AndFlush|OrUpdate)?$/;

/** Whether a method of a repository, model, entity manager or Prisma delegate changes rows. */
export const isWrite = (method: string): boolean => WRITES.test(method);

const PRISMA =
  /^(find(Unique|First)(OrThrow)?|findMany|create(Many(AndReturn)?)?|update(Many(AndReturn)?)?|upsert|delete(Many)?|count|aggregate|groupBy|findRaw|aggregateRaw)$/;

/** Whether a method is one of a Prisma delegate: `prisma.user.findMany`. */
export const isPrismaMethod = (method: string): boolean => PRISMA.test(method);

const MANAGER =
  /^(find\w*|count\w*|exist\w*|sum|average|minimum|maximum|get(Repository|TreeRepository|MongoRepository|CustomRepository|Reference|Entity\w*)|create(QueryBuilder)?|save|insert\w*|update\w*|upsert\w*|delete\w*|remove|soft\w+|restore|recover|increment|decrement|query\w*|from|into|native\w+|map|assign|persist|populate|refresh|lock|qb|withRepository|forkFor\w*|aggregate|stream)$/;

/** Whether a method takes an entity as an argument: `manager.find(User, …)`, `.from(User, 'u')`. */
export const isManagerMethod = (method: string): boolean => MANAGER.test(method);

const STATIC =
  /^(find\w*|count\w*|exist\w*|create\w*|save|insert\w*|update\w*|upsert\w*|delete\w*|remove|destroy|truncate|bulkCreate|aggregate|sum|max|min|increment|decrement|scope|unscoped|query|where|distinct|bulkWrite|watch|getRepository|useDataSource)$/;

/** Whether a static method of an entity queries it: `User.findAll()`. */
export const isActiveRecordMethod = (method: string): boolean => STATIC.test(method);
