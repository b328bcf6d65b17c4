import { expect, it } from 'vitest';
import { withMicroservices } from './with-microservices.js';

const missing = (code: string, message: string) => () =>
  Promise.reject(Object.assign(new Error(message), { code }));

it.each([
  ['ERR_MODULE_NOT_FOUND', "Cannot find package '@nestjs/microservices' imported from /app/connection.js"],
  ['MODULE_NOT_FOUND', "Cannot find module '@nestjs/microservices'"],
])('a missing package is named, with the command that installs it (%s)', async (code, message) => {
  await expect(withMicroservices(missing(code, message))).rejects.toThrow(
    'calls between processes need @nestjs/microservices, of the version of @nestjs/core: npm install @nestjs/microservices',
  );
});

it('another error stays as it is', async () => {
  const message = "Cannot find package 'other' imported from /app/connection.js";
  await expect(withMicroservices(missing('ERR_MODULE_NOT_FOUND', message))).rejects.toThrow(message);
});
