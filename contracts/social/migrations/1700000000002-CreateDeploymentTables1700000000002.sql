-- One row. Cluster and database are those for which the id was made: elsewhere, it is in a copy.
create table social.deployment (
  id text primary key,
  cluster text not null,
  database text not null
);
-- The public keys of all modules, and the private key of this one, as DER in base64.
create table social.module_keys (
  module text primary key,
  public_key text not null,
  private_key text
);
