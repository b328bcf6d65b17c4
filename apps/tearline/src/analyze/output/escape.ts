const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes a text for HTML, also inside of attributes. */
export const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (each) => ENTITIES[each]!);
