// What stands in place of a value that is not for everyone.

/** The mask of a personal or secret value. */
export const masked = '•••';
