import type { Carrier } from '@tearline/seam';
import type { ClsService } from 'nestjs-cls';

/** Takes a text in the store of nestjs-cls along with remote calls. */
export function clsCarrier(cls: ClsService, key: string): Carrier {
  return {
    name: key,
    inject: () => (cls.isActive() ? cls.get<string | undefined>(key) : undefined),
    extract: (value, work) =>
      cls.run(() => {
        cls.set(key, value);
        return work();
      }),
  };
}
