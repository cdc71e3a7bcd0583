/** A tag of a volume. */
export interface VolumeTag {
  /** The tag's name. */
  readonly key: string;

  /** The tag's value. */
  readonly value: string;
}
