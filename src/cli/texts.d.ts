/** The bundler makes these files texts. */
declare module '*/activate' {
  const text: string;
  export default text;
}

declare module '*/deactivate' {
  const text: string;
  export default text;
}

declare module '*.fish' {
  const text: string;
  export default text;
}
