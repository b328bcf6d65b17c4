import type { Carrier } from '@tearline/seam';
import { I18nContext, type I18nOptions, type I18nService } from 'nestjs-i18n';
import { I18nMessageFormat } from 'nestjs-i18n/dist/utils/index.js';

/**
 * Takes the language of nestjs-i18n along with remote calls. Since its release 10.7 a context needs a format, whose class the entry
 * point does not export; before, it has two arguments.
 */
export function i18nCarrier(i18n: I18nService, options: I18nOptions): Carrier {
  const format = new I18nMessageFormat(options);
  return {
    name: 'language',
    inject: () => I18nContext.current()?.lang,
    extract: (language, work) => {
      let result!: ReturnType<typeof work>;
      I18nContext.create(new I18nContext(language, i18n, format), () => {
        result = work();
      });
      return result;
    },
  };
}
