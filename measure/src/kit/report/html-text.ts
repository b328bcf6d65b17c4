const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for HTML, attributes included. */
export const escape = (text: string) => text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!);
