/** Styles that the bundler takes in where a browser's half imports them. */
declare module '*.css';
