variable "allowed_sources" {
  description = <<-EOT
    What pages may load and call beside the site itself, as origins such as `https://api.example.com`: `connect` (fetch),
    `script`, `style` and `image`; and where fonts may come from, of which `'self'` is the site (`font`; empty: nowhere). They
    become parts of the Content-Security-Policy, which allows nothing inline.
  EOT
  type = object({
    connect = optional(list(string), [])
    script  = optional(list(string), [])
    style   = optional(list(string), [])
    image   = optional(list(string), [])
    font    = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for origin in setsubtract(flatten(values(var.allowed_sources)), ["'self'"]) : can(regex("^(https|wss)://[a-zA-Z0-9.-]+(:[0-9]+)?$|^http://(127\\.0\\.0\\.1|([a-z0-9-]+\\.)*localhost)(:[0-9]+)?$|^(blob|data):$", origin))])
    error_message = "A source is one origin without a path and without *, such as https://api.example.com (plain http only on this machine), or data: or blob:; these are not: ${join(", ", [for origin in setsubtract(flatten(values(var.allowed_sources)), ["'self'"]) : origin if !can(regex("^(https|wss)://[a-zA-Z0-9.-]+(:[0-9]+)?$|^http://(127\\.0\\.0\\.1|([a-z0-9-]+\\.)*localhost)(:[0-9]+)?$|^(blob|data):$", origin))])}."
  }

  validation {
    condition     = alltrue([for source in var.allowed_sources.script : !contains(["data:", "blob:"], source)])
    error_message = "Scripts from data: or blob: would undo the policy: whoever gets text into a page could run it."
  }
}

variable "backends" {
  description = <<-EOT
    APIs that the site answers for under its own name, so that its pages need no CORS, by a name of your choice: the API's
    `url`, the paths that are read (GET and HEAD, kept as the answer's Cache-Control says) and those that take every method
    and header and are never kept, which what needs a signed-in user belongs to. `*` in a path stands for any characters.
  EOT
  type = map(object({
    url            = string
    cached_paths   = optional(set(string), [])
    uncached_paths = optional(set(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for backend in values(var.backends) : can(regex("^https?://[^/:?#]+(:[0-9]+)?(/[^?#]*)?$", backend.url))])
    error_message = "A backend's url is a scheme, a host and maybe a port and a path; these are not: ${join(", ", [for name, backend in var.backends : "${name} (${backend.url})" if !can(regex("^https?://[^/:?#]+(:[0-9]+)?(/[^?#]*)?$", backend.url))])}."
  }

  validation {
    condition     = alltrue([for backend in values(var.backends) : alltrue([for path in setunion(backend.cached_paths, backend.uncached_paths) : startswith(path, "/") && path != "/" && path != "/*"])])
    error_message = "A backend's path starts with a slash and leaves the site its own pages; not so: ${join(", ", flatten([for backend in values(var.backends) : [for path in setunion(backend.cached_paths, backend.uncached_paths) : path if !startswith(path, "/") || path == "/" || path == "/*"]]))}."
  }

  validation {
    condition     = length(flatten([for backend in values(var.backends) : [tolist(backend.cached_paths), tolist(backend.uncached_paths)]])) == length(distinct(flatten([for backend in values(var.backends) : [tolist(backend.cached_paths), tolist(backend.uncached_paths)]])))
    error_message = "A path leads to one backend, either kept or not; there are paths that are named twice."
  }

  validation {
    condition     = length(flatten([for backend in values(var.backends) : [tolist(backend.cached_paths), tolist(backend.uncached_paths)]])) <= 24
    error_message = "CloudFront takes 25 behaviours, one of them for the files: name at most 24 paths, with * where several are alike."
  }
}

variable "backends_max_age_seconds" {
  description = "Longest that CloudFront keeps a backend's answer, whatever that says: how stale a page may be for the sake of many readers. 0: not at all."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.backends_max_age_seconds >= 0 && floor(var.backends_max_age_seconds) == var.backends_max_age_seconds
    error_message = "backends_max_age_seconds is ${var.backends_max_age_seconds}; give a whole number from 0 up."
  }
}

variable "bucket_name" {
  description = "Name of the bucket for the site's files, unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "\"${var.bucket_name}\" cannot name a bucket here: use 3 to 63 lower-case letters, digits and hyphens, no hyphen at either end."
  }
}

variable "denied_features" {
  description = "Features of browsers that pages of the site may not use, as Permissions-Policy calls them."
  type        = set(string)
  default     = ["camera", "geolocation", "microphone", "payment", "usb"]
  nullable    = false

  validation {
    condition     = length(var.denied_features) > 0 && alltrue([for feature in var.denied_features : can(regex("^[a-z-]+$", feature))])
    error_message = "denied_features is \"${join(", ", var.denied_features)}\"; give one or more names such as camera or geolocation."
  }
}

variable "domain" {
  description = "A domain of your own: its names (`*.` may begin any but the first, which is the site's address) and an ACM certificate for them in us-east-1. They are to point to the output `domain_name`. Null: CloudFront's own name."
  type = object({
    names           = list(string)
    certificate_arn = string
  })
  default = null

  validation {
    condition     = try(length(var.domain.names) > 0 && alltrue([for name in var.domain.names : length(name) <= 253 && can(regex("^(\\*\\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+([a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$", name))]), var.domain == null)
    error_message = "domain.names is \"${try(join(", ", var.domain.names), "")}\"; give one or more names such as shop.example.com or *.shop.example.com, in lower case, and names in other scripts as xn--...."
  }

  validation {
    condition     = try(!startswith(var.domain.names[0], "*"), true)
    error_message = "The site's address is the first of domain.names, and nobody can open ${try(var.domain.names[0], "")}: begin with a name that has no *."
  }

  validation {
    condition     = try(regex("^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/.+$", var.domain.certificate_arn) != "", var.domain == null)
    error_message = "\"${try(var.domain.certificate_arn, "")}\" is no certificate for CloudFront: give arn:aws:acm:us-east-1:<account>:certificate/<id>, from that region wherever the rest is."
  }
}

variable "force_destroy" {
  description = "Whether destroying the site deletes its files; otherwise a bucket that is not empty stays."
  type        = bool
  default     = false
  nullable    = false
}

variable "keep_replaced_files_days" {
  description = "Days for which files that were replaced or deleted can be brought back."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.keep_replaced_files_days >= 1 && floor(var.keep_replaced_files_days) == var.keep_replaced_files_days
    error_message = "keep_replaced_files_days is ${var.keep_replaced_files_days}; give a whole number from 1 up."
  }
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the files. Its policy must let CloudFront decrypt for the distribution."
  type        = string
  nullable    = false
}

variable "name" {
  description = "Name of the site: the distribution's comment. Its policies at CloudFront go by `bucket_name`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.name))
    error_message = "name is \"${var.name}\" (${length(var.name)} characters); give 1 to 64 letters, digits, - or _."
  }
}

variable "pictures" {
  description = <<-EOT
    A second bucket behind one `path` that ends with `/*`, for files that others made, such as uploads: its
    `bucket_domain_name` (`regional_domain_name` of the module `bucket`), whose keys begin like the path, whose `readers` have
    this distribution, and whose key lets CloudFront decrypt. Answers may be shown and nothing else, and CloudFront keeps them
    for a year: no name is ever used twice. Null: none.
  EOT
  type = object({
    bucket_domain_name = string
    path               = string
  })
  default = null

  validation {
    condition     = var.pictures == null ? true : can(regex("^/[^*?]*[^*?/]/\\*$", var.pictures.path))
    error_message = "pictures.path is \"${try(var.pictures.path, "")}\"; give a folder of the site and all in it, such as /pictures/*."
  }

  validation {
    condition     = var.pictures == null ? true : !contains(flatten([for backend in values(var.backends) : [tolist(backend.cached_paths), tolist(backend.uncached_paths)]]), var.pictures.path)
    error_message = "pictures.path is ${try(var.pictures.path, "")}, which leads to a backend too: a path leads to one of them."
  }

  validation {
    condition     = var.pictures == null || length(flatten([for backend in values(var.backends) : [tolist(backend.cached_paths), tolist(backend.uncached_paths)]])) <= 23
    error_message = "CloudFront takes 25 behaviours, one of them for the files and one for pictures: name at most 23 paths of backends, with * where several are alike."
  }

  validation {
    condition     = var.pictures == null ? true : can(regex("^[a-z0-9.-]+\\.s3[.-][a-z0-9.-]+$", var.pictures.bucket_domain_name))
    error_message = "pictures.bucket_domain_name is \"${try(var.pictures.bucket_domain_name, "")}\"; give a bucket's own address in its region, such as shop-pictures.s3.us-east-1.amazonaws.com."
  }
}

variable "price_class" {
  description = "Where CloudFront serves from: `PriceClass_100` (North America and Europe, the cheapest), `PriceClass_200` (also Asia, Africa and the Middle East) or `PriceClass_All`."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class is \"${var.price_class}\"; give PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "tags" {
  description = "Tags of the distribution and the bucket, beside the provider's default_tags."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, value in var.tags : can(regex("^.{1,128}$", key)) && !startswith(lower(key), "aws:") && try(length(value) <= 256, true)])
    error_message = "A tag's key has 1 to 128 characters and does not begin with aws:, its value has at most 256; not so: ${join(", ", [for key, value in var.tags : "\"${key}\" (a value of ${try(length(value), 0)})" if !can(regex("^.{1,128}$", key)) || startswith(lower(key), "aws:") || try(length(value) > 256, false)])}."
  }
}

variable "trusted_types" {
  description = "Names of the Trusted Types policies that scripts may make, to write markup; some frameworks need one. Empty: none."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.trusted_types : can(regex("^[a-zA-Z0-9#=_/@.%-]+$", name))])
    error_message = "A Trusted Types policy's name has letters, digits and -#=_/@.%; these have not: ${join(", ", [for name in var.trusted_types : name if !can(regex("^[a-zA-Z0-9#=_/@.%-]+$", name))])}."
  }
}

variable "wait_for_deployment" {
  description = "Whether Terraform waits, for some minutes, until CloudFront serves a change everywhere."
  type        = bool
  default     = true
  nullable    = false
}

variable "web_acl_arn" {
  description = "ARN of a web ACL of AWS WAF that filters requests: of the scope CLOUDFRONT, which is in us-east-1 wherever the rest is. One that somebody attaches by other means is taken off by the next apply: give it here. Null: none."
  type        = string
  default     = null

  validation {
    condition     = var.web_acl_arn == null ? true : can(regex("^arn:[a-z-]+:wafv2:us-east-1:[0-9]{12}:global/webacl/[^/]+/[^/]+$", var.web_acl_arn))
    error_message = "\"${coalesce(var.web_acl_arn, "none")}\" is no web ACL for CloudFront: give arn:aws:wafv2:us-east-1:<account>:global/webacl/<name>/<id>, of the scope CLOUDFRONT, or null for none."
  }
}
