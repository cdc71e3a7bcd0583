export interface KeyConditions {
  readonly StringLike: { readonly [key: string]: string | readonly string[] };
}

/** The conditions under which a key may be used: through S3 of a region, for these buckets or objects. */
export function viaS3(region: string, contexts: readonly string[]): KeyConditions {
  return {
    StringLike: {
      // in China the name ends in `.cn`
      'kms:ViaService': `s3.${region}.amazonaws.com*`,
      'kms:EncryptionContext:aws:s3:arn': contexts.length === 1 ? contexts[0] : contexts,
    },
  };
}
