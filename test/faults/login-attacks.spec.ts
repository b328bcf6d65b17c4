import { loginAttackSpecs } from './login-attacks.js';

loginAttackSpecs('PostgreSQL', () => undefined);
