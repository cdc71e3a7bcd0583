/** On every AMI: which image it is of. */
export const IMAGE_TAG = 'cdk-atlantis:image';

/** On every AMI: the version of the recipe that it was made by. */
export const RECIPE_VERSION_TAG = 'cdk-atlantis:recipe-version';

/** On the AMIs that are promoted, or that a version of a launch template names: nothing deletes these. */
export const IN_USE_TAG = 'cdk-atlantis:in-use';

export const IN_USE = 'true';

/** On the machines that images are made on, and on their volumes. */
export const BUILDER_TAG = 'cdk-atlantis:builder';

/** On the data volumes of the machines that are started from an image: what is backed up. */
export const DATA_TAG = 'cdk-atlantis:data';
