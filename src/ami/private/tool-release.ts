/** What is downloaded for a tool, and how it is checked. */
export interface ToolRelease {
  /** As its makers call it. */
  readonly title: string;
  readonly url: string;
  /** The program's name in the archive; without it the file is the program. */
  readonly entry?: string;
  readonly sha256?: string;
  readonly checksumsUrl?: string;
  readonly versionArgument: string;
}
