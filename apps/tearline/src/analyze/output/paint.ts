import { styleText } from 'node:util';
import type { Severity } from '../finding.js';

/** Styles a text for a terminal. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string;

/** Colours if the stream is a terminal that wants them (NO_COLOR, FORCE_COLOR); none without a stream. */
export const paintFor = (stream: NodeJS.WriteStream | undefined): Paint =>
  stream === undefined ? (_, text) => text : (style, text) => styleText(style, text, { stream });

export const styleOf: Record<Severity, Parameters<Paint>[0]> = { high: 'red', medium: 'yellow', low: 'dim' };
