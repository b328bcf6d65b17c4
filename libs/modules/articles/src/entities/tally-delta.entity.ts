import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A change of a count, not yet added to its total. The table has no key: rows are only appended and added up. */
@Entity({ schema: 'articles', name: 'tally_deltas' })
export class TallyDeltaEntity {
  @PrimaryColumn('text')
  kind: 'all' | 'author' | 'tag';

  @PrimaryColumn('text')
  key: string;

  @Column('integer')
  delta: number;
}
