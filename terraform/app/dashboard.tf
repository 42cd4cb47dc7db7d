locals {
  # Metrics that the functions emit themselves; of the view, those of the live generation.
  view_metric = {
    namespace  = local.metrics_namespace
    dimensions = ["service", "winner_view", "Environment", var.environment, "Generation", local.live]
  }

  sale_widgets = [
    {
      title = "Freshness: from the stream to the board"
      unit  = "ms"
      alarm = null
      metrics = [
        for quantile in ["p50", "p95", "p99"] :
        concat([local.view_metric.namespace, "Freshness"], local.view_metric.dimensions, [{ stat = quantile, label = upper(quantile) }])
      ]
    },
    {
      title = "Sales a second (offers and pictures among them)"
      unit  = "a second"
      alarm = null
      metrics = [
        [{ expression = "applied / PERIOD(applied)", label = "applied", id = "rate" }],
        [{ expression = "again / PERIOD(again)", label = "delivered again", id = "againrate" }],
        [{ expression = "repeated / PERIOD(repeated)", label = "put twice by their producer", id = "repeatedrate" }],
        concat([local.view_metric.namespace, "EventsApplied"], local.view_metric.dimensions, [{ stat = "Sum", id = "applied", visible = false }]),
        concat([local.view_metric.namespace, "RedeliveredSales"], local.view_metric.dimensions, [{ stat = "Sum", id = "again", visible = false }]),
        concat([local.view_metric.namespace, "RepeatedSales"], local.view_metric.dimensions, [{ stat = "Sum", id = "repeated", visible = false }]),
      ]
    },
    {
      title = "Records quarantined"
      unit  = "a minute"
      alarm = aws_cloudwatch_metric_alarm.records_quarantined.threshold
      metrics = [
        concat([local.view_metric.namespace, "RecordsQuarantined"], local.view_metric.dimensions, [{ stat = "Sum", label = "records", color = "#d62728" }]),
      ]
    },
    {
      title = "Capacity used per sale"
      unit  = "units"
      alarm = null
      metrics = concat(
        [
          [{ expression = "(FILL(scores, 0) + FILL(contributions, 0)) / applied", label = "write units, as DynamoDB counts them", id = "writes" }],
          [{ expression = "FILL(reads, 0) / applied", label = "read units, as the view counts them", id = "readspersale" }],
        ],
        [
          for id, table in { scores = module.scores[local.live].name, contributions = module.contributions[local.live].name } :
          ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", table, { stat = "Sum", id = id, visible = false }]
        ],
        [
          concat([local.view_metric.namespace, "ReadCapacityUnits"], local.view_metric.dimensions, [{ stat = "Sum", id = "reads", visible = false }]),
          concat([local.view_metric.namespace, "EventsApplied"], local.view_metric.dimensions, [{ stat = "Sum", id = "applied", visible = false }]),
        ],
      )
    },
  ]

  writer_widgets = [
    {
      title = "Events accepted and refused"
      unit  = "a minute"
      alarm = null
      # Kinesis counts and times every put for nothing; producers of whole batches use PutRecords.
      metrics = [
        ["AWS/Kinesis", "PutRecord.Success", "StreamName", module.stream.name, { stat = "Sum", label = "accepted" }],
        [{
          expression = "SUM(SEARCH('{${local.metrics_namespace},service,Environment,Code} service=event_writer Environment=${var.environment} MetricName=EventsRefused', 'Sum'))"
          label      = "refused"
          id         = "refused"
        }],
      ]
    },
    {
      title = "What a put on the stream takes"
      unit  = "ms"
      alarm = null
      metrics = [
        for statistic in ["Average", "Maximum"] :
        ["AWS/Kinesis", "PutRecord.Latency", "StreamName", module.stream.name, { stat = statistic, label = lower(statistic) }]
      ]
    },
  ]

  reader_widgets = [
    {
      title = "What a read of the views returns"
      unit  = "items"
      alarm = null
      metrics = [
        ["AWS/DynamoDB", "ReturnedItemCount", "TableName", module.scores[local.live].name, "Operation", "Query", { stat = "Average", label = "contributors in a bucket of a board" }],
        ["AWS/DynamoDB", "ReturnedItemCount", "TableName", module.trending.name, "Operation", "Scan", { stat = "Average", label = "trending products" }],
      ]
    },
    {
      title = "Reads that failed"
      unit  = "a minute"
      alarm = null
      metrics = [
        for name in ["Unavailable", "Faults"] : [{
          expression = "SUM(SEARCH('{${local.metrics_namespace},service,Environment} Environment=${var.environment} MetricName=${name}', 'Sum'))"
          label      = lower(name)
          id         = lower(name)
        }]
      ]
    },
  ]

  # Of the shop's live generation.
  shop_metric = {
    namespace  = local.metrics_namespace
    dimensions = ["service", "shop_view", "Environment", var.environment, "Generation", local.live_shop]
  }

  shop_widgets = [
    {
      title = "Products folded, and events that changed nothing"
      unit  = "a minute"
      alarm = null
      metrics = [
        for name, label in {
          ProductsFolded    = "products folded"
          ForeignOffers     = "offers, prices and deliveries of other merchants"
          RedeliveredEvents = "delivered again"
          RepeatedEvents    = "put twice by their producer"
        } :
        concat([local.shop_metric.namespace, name], local.shop_metric.dimensions, [{ stat = "Sum", label = label }])
      ]
    },
    {
      title = "Capacity used by the catalog's view"
      unit  = "units a minute"
      alarm = null
      metrics = [
        for name, label in { WriteCapacityUnits = "write units", ReadCapacityUnits = "read units" } :
        concat([local.shop_metric.namespace, name], local.shop_metric.dimensions, [{ stat = "Sum", label = label }])
      ]
    },
  ]

  studio_metric = {
    namespace  = local.metrics_namespace
    dimensions = ["Environment", var.environment]
  }

  studio_widgets = [
    {
      title = "The longest wait for a picture"
      unit  = "s"
      alarm = aws_cloudwatch_metric_alarm.products_waiting.threshold
      metrics = [
        concat([local.studio_metric.namespace, "LongestWait", "service", "studio_tasks"], local.studio_metric.dimensions, [{ stat = "Maximum", period = 900, label = "seconds" }]),
      ]
    },
    {
      title = "Pictures"
      unit  = "a minute"
      alarm = null
      metrics = concat(
        [
          for name, label in { PicturesDelivered = "delivered", LatePictures = "late", RefusedPictures = "refused" } :
          concat([local.studio_metric.namespace, name, "service", "photo_desk"], local.studio_metric.dimensions, [{ stat = "Sum", label = label }])
        ],
        [concat([local.studio_metric.namespace, "ForeignPictures", "service", "studio_intake"], local.studio_metric.dimensions, [{ stat = "Sum", label = "from elsewhere" }])],
      )
    },
  ]

  order_widgets = [
    {
      title = "The oldest order under way, from half an hour"
      unit  = "s"
      alarm = aws_cloudwatch_metric_alarm.orders_waiting.threshold
      metrics = [
        [local.metrics_namespace, "OldestOpenOrder", "service", "order_tasks", "Environment", var.environment, { stat = "Maximum", period = 900, label = "seconds" }],
      ]
    },
  ]

  # From the sale to what it rests on; each section's widgets in rows of three.
  dashboard_sections = concat([
    { title = "The way of a sale", widgets = concat([for widget in local.sale_widgets : local.own_widget[widget.title]], module.winner_view_consumer[local.live].dashboard_widgets) },
    { title = "Functions", widgets = concat(module.winner_view[local.live].dashboard_widgets, module.winner_api.dashboard_widgets, module.event_writer.dashboard_widgets) },
    { title = "In and out", widgets = concat([for widget in concat(local.writer_widgets, local.reader_widgets) : local.own_widget[widget.title]], module.api.dashboard_widgets, module.players.dashboard_widgets, module.site.dashboard_widgets) },
    { title = "Stream and tables", widgets = concat(module.stream.dashboard_widgets, module.scores[local.live].dashboard_widgets, module.contributions[local.live].dashboard_widgets, module.idempotency.dashboard_widgets, module.redrives.dashboard_widgets) },
    { title = "The shop", widgets = concat([for widget in local.shop_widgets : local.own_widget[widget.title]], module.shop_view_consumer[local.live_shop].dashboard_widgets, module.shop_view[local.live_shop].dashboard_widgets, module.catalog_api.dashboard_widgets, module.catalog[local.live_shop].dashboard_widgets, module.categories[local.live_shop].dashboard_widgets, module.stock.dashboard_widgets) },
    { title = "The studio", widgets = concat([for widget in local.studio_widgets : local.own_widget[widget.title]], module.photos.dashboard_widgets, module.studio_intake_consumer.dashboard_widgets, module.studio_intake.dashboard_widgets, module.studio_tasks.dashboard_widgets, module.photo_desk.dashboard_widgets, module.studio_api.dashboard_widgets, module.studio.dashboard_widgets) },
    { title = "Carts and orders", widgets = concat([for widget in local.order_widgets : local.own_widget[widget.title]], module.order_machine.dashboard_widgets, module.order_tasks.dashboard_widgets, module.shop_api.dashboard_widgets, module.orders.dashboard_widgets, module.carts.dashboard_widgets, module.payments.dashboard_widgets) },
    { title = "Trending products", widgets = concat(module.trending_consumer.dashboard_widgets, module.trending_view.dashboard_widgets, module.trending_api.dashboard_widgets, module.trending.dashboard_widgets) },
    ], [
    for number in range(length(module.archive)) :
    { title = "The archive", widgets = concat(module.archive_consumer[number].dashboard_widgets, module.archive[number].dashboard_widgets) }
  ])

  own_widget = {
    for widget in concat(local.sale_widgets, local.writer_widgets, local.reader_widgets, local.shop_widgets, local.studio_widgets, local.order_widgets) : widget.title => {
      type = "metric"
      properties = {
        title       = widget.title
        view        = "timeSeries"
        region      = var.region
        period      = 60
        yAxis       = { left = { min = 0, label = widget.unit, showUnits = false } }
        annotations = { horizontal = widget.alarm == null ? [] : [{ label = "alarm", value = widget.alarm }] }
        metrics     = widget.metrics
      }
    }
  }
}

# How it goes, from top to bottom; what to do when it does not go well is in docs/runbooks/.
resource "aws_cloudwatch_dashboard" "environment" {
  dashboard_name = local.name_prefix
  dashboard_body = jsonencode({
    start          = "-PT3H"
    periodOverride = "inherit"
    widgets = concat(
      [
        for place, alarms in chunklist(local.every_alarm, ceil(length(local.every_alarm) / local.alarm_widgets)) : {
          type       = "alarm"
          x          = place * local.grid.columns / local.alarm_widgets
          y          = 0
          width      = local.grid.columns / local.alarm_widgets
          height     = local.grid.alarms
          properties = { title = "Alarms, ${place + 1} of ${local.alarm_widgets}", alarms = alarms }
        }
      ],
      flatten([
        for number, section in local.dashboard_sections : concat(
          [{
            type       = "text"
            x          = 0
            y          = local.section_tops[number]
            width      = local.grid.columns
            height     = local.grid.heading
            properties = { markdown = "## ${section.title}" }
          }],
          [
            for place, widget in section.widgets : {
              type       = widget.type
              x          = place % local.grid.across * local.grid.width
              y          = local.section_tops[number] + local.grid.heading + floor(place / local.grid.across) * local.grid.height
              width      = local.grid.width
              height     = local.grid.height
              properties = widget.properties
            }
          ],
        )
      ]),
    )
  })
}

locals {
  # CloudWatch's grid has 24 columns.
  grid = { columns = 24, across = 3, width = 8, height = 6, heading = 1, alarms = 6 }

  # A widget shows a hundred alarms at most, so there are two, side by side.
  alarm_widgets = 2
  every_alarm   = flatten([for part in local.alarm_arns : values(part)])

  section_heights = [
    for section in local.dashboard_sections :
    local.grid.heading + ceil(length(section.widgets) / local.grid.across) * local.grid.height
  ]
  section_tops = [
    for number, section in local.dashboard_sections :
    local.grid.alarms + sum(concat([0], slice(local.section_heights, 0, number)))
  ]
}
