const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in HTML, in attributes too. */
export const escape = (text: string) => text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!);
