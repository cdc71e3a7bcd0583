import type { RuntimeTool } from './runtime-tool';

/** What the runtime level is told. */
export interface RuntimeLevelOptions {
  /**
   * The programs. Each is put at `/usr/local/bin/<tool><version>`, where Atlantis looks for a version that a project asks for; the first of
   * each tool is at `/usr/local/bin/<tool>` too, and so is the version that projects have which ask for none.
   */
  readonly tools: RuntimeTool[];
}
