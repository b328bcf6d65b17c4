create table social.placement (
  id integer primary key default 1 check (id = 1),
  epoch integer not null,
  lineage text not null,
  away text,
  peer text
);
