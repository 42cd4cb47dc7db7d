variable "name" {
  description = "The bucket's name, 3 to 63 characters, unique in all of AWS."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the objects."
  type        = string
  nullable    = false
}

variable "versioning" {
  description = "Whether an overwritten or deleted object is kept as a noncurrent version."
  type        = bool
  default     = true
  nullable    = false
}

variable "lifecycle_days" {
  description = "Days until an object expires (`expire`; null: never), until a noncurrent version does (`expire_noncurrent`), and until an upload that was never completed is dropped (`abort_multipart`)."
  type = object({
    expire            = optional(number)
    expire_noncurrent = optional(number, 30)
    abort_multipart   = optional(number, 7)
  })
  default  = {}
  nullable = false
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes the objects in it; otherwise a bucket that is not empty stays."
  type        = bool
  default     = false
  nullable    = false
}

variable "prefixes" {
  description = "Parts of the bucket that get policy statements of their own: a name of your choice to a key prefix, such as `{ records = \"records/\" }`."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "tags" {
  description = "Tags of the bucket, beside the provider's `default_tags`."
  type        = map(string)
  default     = {}
  nullable    = false
}
