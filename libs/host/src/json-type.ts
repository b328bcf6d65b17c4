/** The type of every answer; a route that gives its answer as text says so: `@Header('content-type', JSON_TYPE)`. */
export const JSON_TYPE = 'application/json; charset=utf-8';
