import { ContractError } from '../call/errors.js';

/** Returns a variable; one that is empty counts as unset. */
export function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined;
}

/** Returns the variable with the addresses of a module. */
export function addressesVariable(module: string): string {
  const words = module.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_');
  return `${words.toUpperCase()}_ADDRESSES`;
}

/** @throws ContractError when it is neither `on` nor `off` */
export function switchVariable(name: string): boolean {
  const value = variable(name) ?? 'off';
  if (value !== 'on' && value !== 'off')
    throw new ContractError(`${name}: expected on or off, got '${value}'`);
  return value === 'on';
}

/** @throws ContractError when it is not a port */
export function portVariable(name: string): number | undefined {
  const value = variable(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
    throw new ContractError(`${name}: expected a number from 0 to 65535, got '${value}'`);
  return Number(value);
}

/** Returns the parts of a list that commas separate. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
