// When two questions say the same. Pure.

const letters = (text, others) => text.normalize("NFKD").toLowerCase().replace(others, "") || text;

/** What is left of a text for which only the letters count: nearly the same words. */
export const gist = (text) => letters(text, /\P{L}/gu);

/** Where numbers count, too: the same words. */
export const exactly = (text) => letters(text, /[^\p{L}\p{N}]/gu);

/** A text as one looks for it: without accents, in small letters. */
export const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
