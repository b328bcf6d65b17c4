import { checkedSetting, urlSetting } from '@tearline/settings';
import { z } from 'zod';

const endpoint = urlSetting({
  example: 'http://collector:4318',
  schemes: ['http', 'https'],
  check: ({ username, search, hash }) => {
    if (username !== '') return 'it contains a user name; credentials belong in OTEL_EXPORTER_OTLP_HEADERS';
    return search + hash === '' ? undefined : 'it has a query or a fragment';
  },
});

const pairsIn = (text: string) => text.split(',').map((pair) => pair.trim());

const headers = checkedSetting((text) =>
  pairsIn(text).every((pair) => /^[\w-]+=(?:[\u0021-\u0024\u0026-\u007E]|%[\da-f]{2})+$/i.test(pair))
    ? undefined
    : 'expected <name>=<value>,… with values in the encoding of URLs',
).transform((text) =>
  Object.fromEntries(
    pairsIn(text).map((pair): [string, string] => {
      const end = pair.indexOf('=');
      return [pair.slice(0, end), decodeURIComponent(pair.slice(end + 1))];
    }),
  ),
);

const rate = z
  .string()
  .regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, { error: 'expected a number from 0 to 1' })
  .transform(Number);

/** Settings of traces. */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.optional().meta({
    description:
      'collector that gets [traces](tracing.md) by OTLP over HTTP: `http://collector:4318`; without it none are recorded',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: headers.optional().meta({
    description: 'headers for the collector, such as its credential: `authorization=Bearer%20…`',
    secret: true,
  }),
  OTEL_SERVICE_NAME: z
    .string()
    .regex(/^[\w.-]{1,64}$/, { error: 'expected letters, digits, dots and dashes, 64 at most' })
    .optional()
    .meta({
      description: '`service.name` of the traces of this host',
      defaultText: 'on a host with one module its name, else `tearline`',
    }),
  TRACE_SAMPLE_RATE: rate.default(1).meta({
    description:
      'share of the requests and scheduled jobs that are traced, `0` to `1`; one that comes with a `traceparent` follows that',
  }),
};

/** The values of {@link tracingSettings}. */
export type TracingSettings = z.output<z.ZodObject<typeof tracingSettings>>;
